import { RegisterModel } from '../domains/registry/panels/register-model.tsx';
import { Run } from '../domains/tracking/pages/run.tsx';

/** A run, from which the registry takes models. */
export function RunPage() {
  return <Run Register={RegisterModel} />;
}
