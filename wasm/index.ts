export * from './align'
export * from './codes'
export * from './score'
export * from './statistics'
