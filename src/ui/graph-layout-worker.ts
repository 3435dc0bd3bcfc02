import { type GraphShape, layoutGraph } from './graph-layout.ts';

addEventListener('message', (event: MessageEvent<{ key: string; graph: GraphShape }>) => {
  postMessage({ key: event.data.key, positions: layoutGraph(event.data.graph) });
});
