import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev` finds the server; only used by the development server. */
const server = 'http://127.0.0.1:3000';

/**
 * The package marks the statements that fill its key table as free of side effects, so a build would leave the table
 * empty: every Emacs key would do nothing.
 */
const emacsKeys: Plugin = {
  name: 'emacs-keys',
  transform: {
    filter: { id: /@replit\/codemirror-emacs/ },
    handler: (code) => ({ code: code.replace(/\/\*@__PURE__\*\/(?=EmacsHandler\.)/g, ''), map: null }),
  },
};

export default defineConfig({
  plugins: [emacsKeys],
  root: import.meta.dirname,
  base: '/',
  // One copy each: two would not recognise each other's classes (`instanceof`), and edits would be lost in silence.
  resolve: { dedupe: ['yjs', 'y-protocols', 'lib0', 'zod', '@codemirror/state', '@codemirror/view'] },
  build: {
    outDir: '../dist/playground',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows scripts and fonts from the server only, so nothing is inlined as a data: URL.
    assetsInlineLimit: 0,
    // CodeMirror is one such chunk, and is fetched behind the sign-in form.
    chunkSizeWarningLimit: 560,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What changes rarely apart from what changes often: a new version of the page leaves these in the cache.
        codeSplitting: {
          groups: [
            {
              name: 'editor',
              test: /node_modules\/(@codemirror\/(?!lang-|merge)|@lezer\/(common|highlight|lr)\/|style-mod|y-codemirror)/,
            },
            { name: 'sync', test: /node_modules\/(yjs|lib0|y-protocols|socket\.io|engine\.io|zod|idb)|zod-config/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': server, '/socket.io': { target: server, ws: true } } },
});
