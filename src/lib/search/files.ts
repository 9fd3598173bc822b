/** Largest file whose text the page takes as queries. */
const LARGEST = 256_000_000

/** The text of a file of sequences, unpacked where it is gzip. Throws a sentence where that cannot be done. */
export async function readSequenceFile(file: File): Promise<string> {
  if (file.size > LARGEST) {
    throw new Error(`${file.name} is larger than 256 MB. Search with it from the command line instead.`)
  }
  if (file.size === 0) throw new Error(`${file.name} is empty.`)
  const magic = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  const isGzip = magic[0] === 0x1f && magic[1] === 0x8b
  const bytes = isGzip ? await unpack(file) : new Uint8Array(await file.arrayBuffer())
  if (bytes.subarray(0, 4096).includes(0)) {
    throw new Error(`${file.name} is a binary file, not text. Open a FASTA or FASTQ file, plain or packed with gzip.`)
  }
  return new TextDecoder().decode(bytes)
}

async function unpack(file: File): Promise<Uint8Array> {
  try {
    const stream = file.stream().pipeThrough(new DecompressionStream('gzip'))
    return new Uint8Array(await new Response(stream).arrayBuffer())
  } catch (cause) {
    throw new Error(
      `${file.name} cannot be unpacked: it is damaged, or packed in several parts as bgzip does. Unpack it and drop the result.`,
      { cause },
    )
  }
}
