/** Hands a file to the browser, which asks where to put it or puts it where files go. */
export function saveFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A name of a file for a chart. */
const nameOf = (chart: string, ending: string) => `${chart.replace(/[^\w]+/g, '-')}.${ending}`;

export function savePng(root: HTMLElement | null, chart: string): void {
  root?.querySelector('canvas')?.toBlob((blob) => {
    if (blob) saveFile(blob, nameOf(chart, 'png'));
  });
}

/** What of the page's style a drawing keeps outside of it. */
const KEPT = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font', 'visibility'];

/** The drawing as it looks now, its colours and type with it. */
export function saveSvg(root: HTMLElement | null, chart: string): void {
  const svg = root?.querySelector<SVGSVGElement>('svg[data-chart]');
  if (!svg) return;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [shown, kept] = [svg, copy].map((each) => [each, ...each.querySelectorAll<SVGElement>('*')]);
  shown?.forEach((element, at) => {
    const style = getComputedStyle(element);
    kept?.[at]?.setAttribute(
      'style',
      KEPT.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';'),
    );
  });
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  saveFile(new Blob([copy.outerHTML], { type: 'image/svg+xml' }), nameOf(chart, 'svg'));
}
