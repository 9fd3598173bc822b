import { parquetSchema } from 'hyparquet'
import type { FileMetaData, SchemaTree } from 'hyparquet'
import type { FieldType, FilterField } from './types.ts'

/** Where a field lies in a Parquet file. */
export interface Column {
  /** Index of the leaf column in each row group. */
  leaf: number
  /** From the root to the leaf. */
  schemaPath: SchemaTree[]
  /** How its values are stored. */
  stored: FieldType
  /** How they are compared: the catalog's type, to which those of a segment are converted. */
  type: FieldType
  list: boolean
  /** A value is there from this definition level on; below `presentLevel` the field itself is NULL. */
  valueLevel: number
  presentLevel: number
  /** Top-level column of single values, whose statistics count exactly its NULLs. */
  flat: boolean
  /** Compared are other values than the column holds: its statistics say nothing. */
  indirect: boolean
}

/** The columns of a Parquet file as fields: those of structures as `parent.member`. */
export function schemaFields(metadata: FileMetaData): FilterField[] {
  const fields: FilterField[] = []
  const visit = (node: SchemaTree): void => {
    const path = node.path
    const name = path.join('.')
    const element = listElement(node)
    const leaf = element ?? node
    const known = leaf.children.length === 0 ? typeOf(leaf) : null
    if (known !== null) {
      fields.push({ name, path, type: known, list: element !== null })
    } else if (leaf.children.length === 0 || element !== null || isRepeated(node)) {
      const kind = leaf.element.logical_type?.type ?? leaf.element.converted_type ?? leaf.element.type ?? 'nested'
      fields.push({
        name,
        path,
        type: null,
        list: element !== null,
        unknown: `holds values of a type that filters do not know (${kind})`,
      })
    } else {
      fields.push({ name, path, type: null, list: false })
      node.children.forEach(visit)
    }
  }
  parquetSchema(metadata).children.forEach(visit)
  return fields
}

/** Finds the column of a field, or for `length` that of the records, by which lengths are looked up; null where the file has none, so that all its values are NULL. */
export function columnOf(metadata: FileMetaData, field: FilterField): Column | null {
  const path = field.path ?? ['record']
  if (path.length === 0) return null
  const type = field.path === null ? 'integer' : field.type
  const nodes = [parquetSchema(metadata)]
  for (const name of path) {
    const child = nodes.at(-1)!.children.find((each) => each.element.name === name)
    if (child === undefined) return null
    nodes.push(child)
  }
  const presentLevel = levelOf(nodes)
  const node = nodes.at(-1)!
  const element = listElement(node)
  if (element !== null) {
    nodes.push(node.children[0])
    if (element !== node.children[0]) nodes.push(element)
  }
  while (nodes.at(-1)!.children.length > 0) nodes.push(nodes.at(-1)!.children[0])
  const leafPath = nodes.at(-1)!.path.join('.')
  const stored = typeOf(nodes.at(-1)!) ?? 'string'
  return {
    leaf:
      metadata.row_groups[0]?.columns.findIndex(({ meta_data: data }) => data?.path_in_schema.join('.') === leafPath) ??
      0,
    schemaPath: nodes,
    stored,
    type: type ?? stored,
    list: nodes.some(isRepeated),
    valueLevel: levelOf(nodes),
    presentLevel,
    flat: nodes.length === 2 && !isRepeated(nodes[1]),
    indirect: field.path === null,
  }
}

function levelOf(nodes: readonly SchemaTree[]): number {
  return nodes.slice(1).filter(({ element }) => element.repetition_type !== 'REQUIRED').length
}

function isRepeated({ element }: SchemaTree): boolean {
  return element.repetition_type === 'REPEATED'
}

/** The elements of a list, or null where a node is none. */
function listElement({ element, children }: SchemaTree): SchemaTree | null {
  const isList = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST'
  if (!isList || children.length !== 1 || !isRepeated(children[0])) return null
  return children[0].children.length === 1 ? children[0].children[0] : children[0]
}

/** Type of a leaf's values, or null where predicates do not know it. */
function typeOf({ element }: SchemaTree): FieldType | null {
  const { type, converted_type: converted, logical_type: logical } = element
  const isInteger = logical === undefined || (logical.type === 'INTEGER' && (logical.isSigned || logical.bitWidth < 32))
  if (type === 'BYTE_ARRAY') return converted === 'UTF8' || logical?.type === 'STRING' ? 'string' : null
  if (logical !== undefined && logical.type !== 'INTEGER') return null
  if (type === 'INT32')
    return isInteger && [undefined, 'INT_8', 'INT_16', 'INT_32', 'UINT_8', 'UINT_16'].includes(converted)
      ? 'integer'
      : null
  if (type === 'INT64') return isInteger && (converted === undefined || converted === 'INT_64') ? 'integer' : null
  if (type === 'DOUBLE') return 'number'
  return type === 'BOOLEAN' ? 'boolean' : null
}
