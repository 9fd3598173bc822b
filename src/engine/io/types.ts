/** One input record as a reader yields it. */
export interface InputEntry {
  /** First word of the header; '' where the header is empty. */
  accession: string
  /** The rest of the header, trimmed at its ends. */
  description: string
  /** ASCII residues in upper case, without white space, `-`, and a final `*`. */
  letters: Uint8Array
  /** Lower-case runs of `letters`: start, length, start, length …; null where there are none. */
  lowerCase: Uint32Array | null
  /** FASTQ qualities as they came (one character per residue), else null. */
  quality: string | null
  /** A final `*` was removed. */
  stop: boolean
  /** Number of `-` removed. */
  gaps: number
  /** Texts of metadata fields that came with the record itself; '' or absent means missing. */
  metadata?: Readonly<Record<string, string>>
  /** Where it stood: file name and 1-based line of its header. */
  file: string
  line: number
}

/** An input record that was not kept. */
export interface Rejection {
  file: string
  /** 1-based line of the record's header, or of the fault where that is known better. */
  line: number
  accession: string
  /** A sentence without a final full stop. */
  reason: string
}

/** Values joined to entries by accession: the rows of a `--metadata` table. */
export interface MetadataTable {
  /** Column names but the accession column, in the file's order. */
  fields: string[]
  /** Raw texts per accession, in the order of `fields`; '' means missing. */
  rows: Map<string, string[]>
}
