import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeVectorModel } from '../../src/engine/index/vectors/model-file.ts'
import { trainVectors } from '../../src/engine/index/vectors/train.ts'
import type { VectorOptions } from '../../src/engine/index/vectors/types.ts'
import { findPython, runPython } from '../support/python.ts'
import { requires } from '../support/requires.ts'
import { clustered, openIndex, smallOptions, vectorWorkers, writeIndex } from '../support/vector-index.ts'

/** Encodes and searches with NumPy alone, as SPEC-vectors.md says; no code of ours. */
const SCRIPT = `
import json, math, sys
import numpy as np, pyarrow.ipc as ipc
folder = sys.argv[1]
job = json.load(open(folder + '/job.json'))
o, files = job['options'], job['files']
D, L, M = o['dimensions'], o['lists'], o['subvectors']
E, W = 2 ** o['bits'], o['dimensions'] // o['subvectors']
def table(path): return ipc.open_file(folder + '/' + path).read_all()
model = table(job['model'])
def column(name, dtype): return np.frombuffer(model.column(name)[0].as_py(), dtype)
centroids = column('centroids', '<i2').reshape(L, D).astype(np.int64)
books = column('codebooks', '<i2').reshape(M, E, W).astype(np.int64)
mean = column('mean', '<f4') if o['centred'] else None
rotation = column('rotation', '<f4').reshape(D, D) if o['rotation'] != 'none' else None
f = np.float32
def lanes(products):
    s = [f(0)] * 4
    for i, p in enumerate(products): s[i % 4] = f(s[i % 4] + f(p))
    return f(f(s[0] + s[1]) + f(s[2] + s[3]))
def prepare(raw):
    x = np.array(raw, f)
    if mean is not None: x = (x - mean).astype(f)
    if rotation is not None: x = np.array([lanes((x * row).astype(f)) for row in rotation], f)
    length = f(np.sqrt(lanes((x * x).astype(f))))
    scale = f(f(16384) / length) if length > 0 else f(0)
    return np.rint((x * scale).astype(f)).astype(np.int64)
def best(x, entries): return np.argmax(entries @ x - (entries * entries).sum(1) // 2)
first = table(files['directory']['path']).column('first').to_numpy()
rows = table(files['lists']['path']).column('row').combine_chunks()
width = files['rowBytes']
code = M * o['bits'] // 8
held = np.frombuffer(rows.buffers()[1], np.dtype([('position', '<u4'), ('scale', '<u2'), ('code', 'u1', code)]), len(rows))
def parts(row):
    if o['bits'] == 8: return row['code'].astype(np.int64)
    return np.stack([row['code'] & 15, row['code'] >> 4], 1).reshape(-1).astype(np.int64)
lists = np.repeat(np.arange(L), np.diff(first))
wrong = 0
for at in range(0, len(held), 7):
    x = prepare(job['vectors'][held[at]['position'] // 300])
    l = best(x, centroids)
    r = np.clip(x - centroids[l], -32768, 32767) if o['residual'] else x
    codes = [best(r[m * W:(m + 1) * W], books[m]) for m in range(M)]
    xhat = np.concatenate([books[m][c] for m, c in enumerate(codes)]) + (centroids[l] if o['residual'] else 0)
    length = math.sqrt(int((xhat * xhat).sum()))
    scale = math.floor(2 ** 29 / length + 0.5) if length > 8192 else 65535
    if l != lists[at] or list(parts(held[at])) != codes or held[at]['scale'] != scale: wrong += 1
answers = []
for raw in job['queries']:
    x = prepare(raw)
    products = centroids @ x
    nearness = products - (centroids * centroids).sum(1) // 2
    probed = sorted(range(L), key=lambda l: (-nearness[l], l))[:o['nprobe']]
    dots = 2 * np.stack([books[m] @ x[m * W:(m + 1) * W] for m in range(M)])
    offset = 0
    if o['bits'] == 4:
        least = dots.min(1)
        offset = int(least.sum())
        dots = dots - least[:, None]
    s = 0
    most = int(np.abs(dots).max())
    halves_up = lambda v, s: (v + (1 << s >> 1)) >> s
    while halves_up(most, s) > (32767 if o['bits'] == 8 else 127): s += 1
    dots = halves_up(dots, s)
    found = []
    for l in probed:
        base = (2 * int(products[l]) if o['residual'] else 0) + offset
        for at in range(first[l], first[l + 1]):
            total = int(dots[np.arange(M), parts(held[at])].sum())
            found.append((2 ** 29 - ((base + (total << s)) * int(held[at]['scale']) >> 15), int(held[at]['position'])))
    answers.append(sorted(found)[:20])
print(json.dumps({'rows': len(held), 'width': rows.type.byte_width, 'wrong': wrong, 'answers': answers}))
`

const python = findPython()
const COUNT = 1200
const vectors = clustered(COUNT, smallOptions.dimensions, 30, 3)
const row = (i: number): Float32Array => vectors.slice(i * smallOptions.dimensions, (i + 1) * smallOptions.dimensions)

describe.runIf(requires('Python with pyarrow, DuckDB, NumPy and xxhash', python !== null))('a vector index', () => {
  const variants: Partial<VectorOptions>[] = [
    { centred: true, rotation: 'random' },
    { residual: false, centred: false },
    { bits: 4, subvectors: 16 },
  ]
  it.each(variants)('is encoded and searched alike by NumPy, from its files alone (%o)', async (variant) => {
    const options = { ...smallOptions, ...variant }
    const model = await trainVectors(vectors.slice(0, 600 * options.dimensions), options, await vectorWorkers(2))
    const index = await writeIndex(
      model,
      vectors,
      Uint32Array.from({ length: COUNT }, (_, i) => i * 300),
    )
    const parameters = await writeVectorModel(index.store, model)
    const { reader } = await openIndex(index, model)
    const queries = Array.from({ length: 15 }, (_, q) => row(q * 77).map((value, d) => value + ((d * 29) % 7) / 40))
    const folder = mkdtempSync(path.join(tmpdir(), 'vectors-'))
    try {
      mkdirSync(path.join(folder, 'data'))
      for (const [name, bytes] of index.store.files) writeFileSync(path.join(folder, name), bytes)
      const job = {
        options,
        files: index.files,
        model: parameters.file.path,
        vectors: Array.from({ length: COUNT }, (_, i) => Array.from(row(i))),
        queries: queries.map((query) => Array.from(query)),
      }
      writeFileSync(path.join(folder, 'job.json'), JSON.stringify(job))
      const theirs = runPython(python!, SCRIPT, folder) as {
        rows: number
        width: number
        wrong: number
        answers: [number, number][][]
      }
      expect(theirs.rows).toBe(COUNT)
      expect(theirs.width).toBe(index.files.rowBytes)
      expect(theirs.wrong).toBe(0)
      for (const [q, query] of queries.entries()) {
        const { positions, distances } = await reader.search(query, 20)
        const ours = Array.from(positions.subarray(0, 20), (position, i) => [distances[i], position])
        expect(ours).toEqual(theirs.answers[q])
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
