export { openOnlineStore, type OnlineStore } from './online.ts';
export { FeaturePush } from './push.ts';
export type { View } from './view.ts';
