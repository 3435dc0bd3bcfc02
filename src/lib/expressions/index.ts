export { type ColumnType, compileExpression, type CompiledExpression } from './compile.ts';
