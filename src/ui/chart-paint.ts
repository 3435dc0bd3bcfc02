import type uPlot from 'uplot';
import type { ChartLimit, ChartSeries } from './chart-model.ts';
import { cutMiddle } from './data-column.ts';

/** The value of a CSS variable now; read at each draw, so that a change of scheme shows. */
export function cssColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';
}

/** CSS variable of a series: its role decides, then its own colour, then its place; over eight it is grey. */
export function seriesVariable(series: ChartSeries, index: number): string {
  if (series.role === 'reference') return '--r-ink3';
  if (series.role === 'current') return '--r-series-1';
  if (series.role === 'candidate') return '--r-series-2';
  const colour = series.colour ?? index + 1;
  return colour <= 8 ? `--r-series-${colour}` : '--r-ink3';
}

/** The same colour with an alpha from 0 to 1. */
export function fade(hex: string, alpha: number): string {
  return `${hex}${Math.round(alpha * 255)
    .toString(16)
    .padStart(2, '0')}`;
}

export const CHART_FONT = '12px "IBM Plex Sans Variable", Arial, sans-serif';

/** Hatches the spans without data, under the lines. */
export function paintGaps(u: uPlot, gaps: readonly (readonly [number, number])[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = cssColour('--r-line');
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([]);
  for (const [from, to] of gaps) {
    const left = u.valToPos(from, 'x', true);
    const right = u.valToPos(to, 'x', true);
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.beginPath();
    const step = 7 * devicePixelRatio;
    for (let x = left - bbox.height; x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
  ctx.restore();
}

/** Dashed ink lines with their name and value over them. */
export function paintLimits(u: uPlot, limits: readonly (ChartLimit & { text: string })[]): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = cssColour('--r-ink');
  ctx.lineWidth = px;
  ctx.font = scaled(CHART_FONT, px);
  ctx.textAlign = 'left';
  for (const limit of limits) {
    const y = Math.round(u.valToPos(limit.at, 'y', true)) + px / 2;
    if (y < bbox.top || y > bbox.top + bbox.height) continue;
    ctx.setLineDash([5 * px, 4 * px]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    const above = y - bbox.top > 18 * px;
    ctx.textBaseline = above ? 'bottom' : 'top';
    halo(ctx, limit.text, bbox.left + 6 * px, above ? y - 2 * px : y + 3 * px, px);
  }
  ctx.restore();
}

export interface EndLabel {
  text: string;
  y: number;
  variable: string;
}

/** Names at the ends of the lines, pushed apart so that none covers another. */
export function paintEndLabels(u: uPlot, labels: EndLabel[]): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  const line = 14 * px;
  const sorted = labels
    .map((label) => ({ ...label, at: u.valToPos(label.y, 'y', true) }))
    .filter((label) => Number.isFinite(label.at))
    .map((label) => ({ ...label, at: Math.max(label.at, bbox.top + line / 2) }))
    .sort((a, b) => a.at - b.at);
  for (let i = 1; i < sorted.length; i++) sorted[i]!.at = Math.max(sorted[i]!.at, sorted[i - 1]!.at + line);
  const bottom = bbox.top + bbox.height - line / 2;
  for (let i = sorted.length - 1; i >= 0; i--)
    sorted[i]!.at = Math.min(sorted[i]!.at, bottom - (sorted.length - 1 - i) * line);
  ctx.save();
  ctx.font = scaled(CHART_FONT, px).replace(/^/, '600 ');
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const label of sorted) {
    ctx.fillStyle = cssColour(label.variable);
    ctx.fillText(fitted(ctx, label.text, (MOST_ROOM - 18) * px), bbox.left + bbox.width + 8 * px, label.at);
  }
  ctx.restore();
}

/** Marks values that cannot be drawn (NaN, infinite) at the upper edge. */
export function paintOdd(u: uPlot, odd: readonly number[]): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = cssColour('--r-ink2');
  ctx.lineWidth = 1.5 * px;
  ctx.setLineDash([]);
  ctx.beginPath();
  for (const at of odd) {
    const x = u.valToPos(at, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + 7 * px);
  }
  ctx.stroke();
  ctx.restore();
}

/** The text, its middle cut out until it fits. */
function fitted(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  let [cut, length] = [text, text.length];
  while (length > 4 && ctx.measureText(cut).width > room) cut = cutMiddle(text, --length);
  return cut;
}

const MOST_ROOM = 150;

/** The room in px that end labels need at the right, up to a most. */
export function labelRoom(labels: readonly string[]): number {
  const ctx = document.createElement('canvas').getContext('2d');
  if (!ctx || labels.length === 0) return 16;
  ctx.font = `600 ${CHART_FONT}`;
  return Math.min(MOST_ROOM, Math.max(...labels.map((label) => ctx.measureText(label).width)) + 18);
}

const scaled = (font: string, px: number) => font.replace('12px', `${12 * px}px`);

function halo(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, px: number) {
  const ink = ctx.fillStyle;
  const stroke = ctx.strokeStyle;
  ctx.lineJoin = 'round';
  ctx.lineWidth = 4 * px;
  ctx.strokeStyle = cssColour('--r-paper');
  ctx.strokeText(text, x, y);
  ctx.lineWidth = px;
  ctx.strokeStyle = stroke;
  ctx.fillStyle = ink;
  ctx.fillText(text, x, y);
}
