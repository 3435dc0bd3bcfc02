import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Asks for the latin sans and serif at once, before the style sheet names them. */
function preloadFaces(): Plugin {
  const wanted = /(ibm-plex-sans|source-serif-4)-latin-wght-normal.*\.woff2$/;
  return {
    name: 'preload-faces',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((file) => wanted.test(file))
          .map((file) => ({
            tag: 'link',
            injectTo: 'head-prepend' as const,
            attrs: { rel: 'preload', href: `/${file}`, as: 'font', type: 'font/woff2', crossorigin: '' },
          })),
    },
  };
}

export default defineConfig({
  root: here('./src/web'),
  plugins: [react(), preloadFaces()],
  resolve: { preserveSymlinks: true },
  worker: { format: 'es' },
  build: {
    outDir: here('./dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 1100,
  },
});
