/** The version of package.json; a test holds them together. */
export const VERSION = '0.1.0'

/** What catalogs and results say wrote them. */
export const WRITER = `genomic-catalog ${VERSION}`
