import type { ComponentType } from 'react';

/** Where a model answers, which the registry does not know. */
export type LivePanel = ComponentType<{ project: string; model: string; version?: number; brief?: boolean }>;

/** What was asked, checked and approved on the way of a version to production. */
export type PromotionsPanel = ComponentType<{ project: string; model: string; version: number }>;
