import type { Choice } from './options.ts'

/** NCBI's genetic codes by number. */
export const geneticCodes: Choice[] = [
  ['1', '1 · Standard'],
  ['2', '2 · Vertebrate mitochondrial'],
  ['3', '3 · Yeast mitochondrial'],
  ['4', '4 · Mould, protozoan mitochondrial; Mycoplasma'],
  ['5', '5 · Invertebrate mitochondrial'],
  ['6', '6 · Ciliate, Dasycladacean, Hexamita'],
  ['9', '9 · Echinoderm, flatworm mitochondrial'],
  ['10', '10 · Euplotid'],
  ['11', '11 · Bacterial, archaeal, plastid'],
  ['12', '12 · Alternative yeast'],
  ['13', '13 · Ascidian mitochondrial'],
  ['14', '14 · Alternative flatworm mitochondrial'],
  ['16', '16 · Chlorophycean mitochondrial'],
  ['21', '21 · Trematode mitochondrial'],
  ['22', '22 · Scenedesmus mitochondrial'],
  ['23', '23 · Thraustochytrium mitochondrial'],
  ['24', '24 · Rhabdopleuridae mitochondrial'],
  ['25', '25 · Candidate division SR1, Gracilibacteria'],
]
