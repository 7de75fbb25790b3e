/** The layer's door: the mapping language on the canonical model. Pure: no clock, no database, no network. */
export { CANONICAL, type CanonicalField, DEFAULT_OWNERSHIP, OBJECT_TYPES } from './canonical.ts'
export { compileMapping } from './compile.ts'
export { type Layer, type Merged, mergeMappings } from './merge.ts'
export { TRANSFORMS } from './transforms/table.ts'
export type {
  CanonicalResult,
  ClearedReference,
  CompiledMapping,
  CompileInput,
  CustomType,
  FieldRule,
  FieldType,
  Logic,
  MappingSpec,
  ObjectSpec,
  Owner,
  PushedLink,
  ReferenceField,
  RemoteResult,
  Resolver,
  RuleObject,
  TransformName,
  TypeSpec,
} from './types.ts'
export { validateMapping } from './validate.ts'
