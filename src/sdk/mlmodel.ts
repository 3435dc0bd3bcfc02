import { randomUUID } from 'node:crypto';

const COLUMN_TYPES = ['boolean', 'integer', 'long', 'float', 'double', 'string', 'datetime'] as const;

export interface ModelColumn {
  name: string;
  type: (typeof COLUMN_TYPES)[number];
  required?: boolean;
}

/** Columns in and out, in MLflow's types. */
export interface ModelSignature {
  inputs: ModelColumn[];
  outputs: ModelColumn[];
}

/** The `MLmodel` file of an ONNX model, as the mlflow client writes and reads it. YAML; every text is quoted as JSON. */
export function mlModel(
  model: { signature: ModelSignature; featureService?: string },
  facts: { model_id: string; run_id: string; artifact_path: string },
): string {
  const text = (value: unknown) => JSON.stringify(value);
  const columns = (list: ModelColumn[]) =>
    text(JSON.stringify(list.map(({ name, type, required = true }) => ({ type, name, required }))));
  const metadata =
    model.featureService === undefined
      ? []
      : ['metadata:', `  feature_service: ${text(model.featureService)}`];
  return [
    `artifact_path: ${text(facts.artifact_path)}`,
    'flavors:',
    '  onnx:',
    '    code: null',
    '    data: model.onnx',
    '    providers: [CPUExecutionProvider]',
    '  python_function:',
    '    data: model.onnx',
    '    loader_module: mlflow.onnx',
    ...metadata,
    `model_id: ${text(facts.model_id)}`,
    `model_uuid: ${text(randomUUID().replaceAll('-', ''))}`,
    `run_id: ${text(facts.run_id)}`,
    'signature:',
    `  inputs: ${columns(model.signature.inputs)}`,
    `  outputs: ${columns(model.signature.outputs)}`,
    '  params: null',
    `utc_time_created: ${text(new Date().toISOString().replace('T', ' ').replace('Z', '000'))}`,
    '',
  ].join('\n');
}
