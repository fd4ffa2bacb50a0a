// SPDX-License-Identifier: Apache-2.0
import { createReadStream, existsSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const root = dirname(fileURLToPath(import.meta.url));
const server = process.env['VITE_CLAMOR_URL'];

/** In development: `/static/…` from the folder, and `/c/…` is the page, both as the server does it. */
function likeTheServer(): Plugin {
  return {
    name: 'like-the-server',
    configureServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const path = new URL(request.url ?? '/', 'http://localhost').pathname;
        if (/^\/c\/[^/]+$/.test(path)) {
          request.url = `/index.html${request.url!.includes('?') ? request.url!.slice(request.url!.indexOf('?')) : ''}`;
          return next();
        }
        const file = normalize(join(root, path));
        if (!path.startsWith('/static/') || !file.startsWith(join(root, 'static')) || !existsSync(file)) return next();
        if (!statSync(file).isFile()) return next();
        response.setHeader('Content-Type', file.endsWith('.svg') ? 'image/svg+xml' : 'application/octet-stream');
        createReadStream(file).pipe(response);
      });
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [likeTheServer()],
  server: server === undefined ? {} : { proxy: { '/api': server, '/static': server } },
  build: {
    target: 'es2022',
    sourcemap: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { app: join(root, 'index.html'), example: join(root, 'embed.html'), embed: join(root, 'src/app/embed.ts') },
      preserveEntrySignatures: 'strict',
      output: {
        // Other pages load /embed.js by name, so it keeps its name; it only imports the hashed files.
        entryFileNames: ({ name }) => (name === 'embed' ? 'embed.js' : 'assets/[name]-[hash].js'),
        chunkFileNames: 'assets/[name]-[hash].js',
        assetFileNames: 'assets/[name]-[hash][extname]',
      },
    },
  },
  test: { include: ['src/**/*.test.ts'] },
} as Parameters<typeof defineConfig>[0]);
