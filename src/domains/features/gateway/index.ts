export { openOnlineStore, type OnlineStore } from './online.ts';
