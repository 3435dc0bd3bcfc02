export { loadOnnx, type Model, type OnnxOptions, type Scores } from './load.ts';
export { pack } from './binding.ts';
