export {
  type Analytics,
  ANALYTICS_ERRORS,
  type AnalyticsRequest,
  createAnalytics,
  identifier,
  literal,
} from './analytics.ts';
