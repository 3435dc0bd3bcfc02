import { Model } from '../domains/registry/pages/model.tsx';
import { ModelVersion } from '../domains/registry/pages/model-version.tsx';
import { Models } from '../domains/registry/pages/models.tsx';
import { VersionPromotions } from '../domains/releases/panels/version-promotions.tsx';
import { WhereLive } from '../domains/serving/panels/where-live.tsx';

/** The pages of the registry, with what rooms further on know of its models. */
export const ModelsPage = () => <Models Live={WhereLive} />;
export const ModelPage = () => <Model Live={WhereLive} />;
export const ModelVersionPage = () => <ModelVersion Live={WhereLive} Promotions={VersionPromotions} />;
