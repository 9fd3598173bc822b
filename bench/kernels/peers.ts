import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { CODES, type Kernels, type Profile, type SequenceBatch } from '../../src/engine/kernels/types.ts'
import { proteinMatrix } from '../../src/engine/search/matrices.ts'
import { PROTEIN_LETTERS } from '../../src/engine/sequence/alphabet.ts'

/** Letters that every tool knows; others are read as X. */
const LETTERS = 'ARNDCQEGHILKMFPSTWYVBJZX*'

export interface Timing {
  tool: string
  seconds: number
}

/** Whether peers.c can be compiled and linked here: gcc, libssw-dev and libparasail-dev. */
export function peersPresent(): boolean {
  const headers = ['ssw.h', 'parasail.h'].every((name) => existsSync(`/usr/include/${name}`))
  return headers && ['/usr/bin/gcc', '/usr/bin/cc'].some((file) => existsSync(file))
}

/** Residues of a FASTA file, plain or gzip. */
export function readProteins(file: string): string[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
  return `\n${text}`
    .split('\n>')
    .slice(1)
    .map((record) => record.slice(record.indexOf('\n')).replaceAll(/\s/g, '').toUpperCase())
    .map((residues) => residues.replaceAll(/[^ARNDCQEGHILKMFPSTWYVBJZX*]/g, 'X'))
}

/** Scores of SSW, with which all of parasail's agree, and the seconds of each tool. `folder` receives program and files. */
export function runPeers(
  folder: string,
  queries: readonly string[],
  subjects: readonly string[],
): { scores: Int32Array; timings: Timing[] } {
  mkdirSync(folder, { recursive: true })
  const source = path.join(import.meta.dirname, 'peers.c')
  const program = path.join(folder, 'peers')
  if (!existsSync(program) || statSync(program).mtimeMs < statSync(source).mtimeMs) {
    execFileSync('cc', ['-O2', '-o', program, source, '-lparasail', '-lssw'], { stdio: 'inherit' })
  }
  const file = (name: string): string => path.join(folder, name)
  writeFileSync(file('matrix.txt'), matrixText())
  writeFileSync(file('queries.txt'), queries.map((query) => `${query}\n`).join(''))
  writeFileSync(file('subjects.txt'), subjects.map((subject) => `${subject}\n`).join(''))
  const names = ['matrix.txt', 'queries.txt', 'subjects.txt', 'scores.bin'].map(file)
  const output = execFileSync(program, names, { encoding: 'utf8' })
  const bytes = Uint8Array.from(readFileSync(file('scores.bin')))
  const timings = output
    .trim()
    .split('\n')
    .map((line) => line.split('\t'))
    .map(([tool, seconds]) => ({ tool, seconds: Number(seconds) }))
  return { scores: new Int32Array(bytes.buffer), timings }
}

/** The same scores from our kernels. */
export function runKernels(
  kernels: Kernels,
  queries: readonly string[],
  subjects: readonly string[],
): { scores: Int32Array; seconds: number } {
  const rows = blosum62()
  const profiles = queries.map(encode).map((codes): Profile => {
    return { length: codes.length, rows, index: Uint16Array.from(codes) }
  })
  const encoded = batch(subjects.map(encode))
  const started = performance.now()
  const run = kernels.score(profiles, encoded, { open: 11, extend: 1 })
  while (!run.step(3e8));
  const seconds = (performance.now() - started) / 1000
  const { scores } = run
  run.dispose()
  return { scores, seconds }
}

function encode(residues: string): Uint8Array {
  return Uint8Array.from(residues, (letter) => PROTEIN_LETTERS.indexOf(letter))
}

function batch(sequences: readonly Uint8Array[]): SequenceBatch {
  const lengths = Uint32Array.from(sequences, (codes) => codes.length)
  const starts = new Uint32Array(sequences.length)
  for (let s = 1; s < starts.length; s++) starts[s] = starts[s - 1] + lengths[s - 1]
  const codes = new Uint8Array(lengths.reduce((sum, length) => sum + length, 0))
  sequences.forEach((sequence, s) => codes.set(sequence, starts[s]))
  return { codes, starts, lengths }
}

function blosum62(): Int8Array {
  const matrix = proteinMatrix('BLOSUM62')
  if (matrix === null) throw new Error('There is no BLOSUM62.')
  return matrix
}

function matrixText(): string {
  const matrix = blosum62()
  const code = (letter: string): number => PROTEIN_LETTERS.indexOf(letter)
  const row = (a: string): string => [...LETTERS].map((b) => matrix[code(a) * CODES + code(b)]).join(' ')
  return `  ${[...LETTERS].join(' ')}\n${[...LETTERS].map((letter) => `${letter} ${row(letter)}\n`).join('')}`
}
