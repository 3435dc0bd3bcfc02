export {
  type Analytics,
  ANALYTICS_ERRORS,
  createAnalytics,
  identifier,
  literal,
} from './analytics.ts';
