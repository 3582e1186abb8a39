import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

const bundled = await build({
  stdin: {
    contents: "export * from './create-client.ts'; export * from './create-assigner.ts';",
    resolveDir: fileURLToPath(new URL('../../client', import.meta.url)),
  },
  bundle: true,
  write: false,
  minify: true,
  metafile: true,
  format: 'esm',
  platform: 'browser',
  // What a browser does not have fails here: `node:*` cannot be resolved on this platform.
  logLevel: 'silent',
});
const inputs = Object.keys(bundled.metafile.inputs).filter((path) => path !== '<stdin>');
const code = bundled.outputFiles[0]?.text ?? '';

it('the client runs in a browser: no database, no Temporal, nothing of Node in it', () => {
  expect(bundled.errors).toEqual([]);
  expect(inputs.filter((path) => /node_modules\/(pg|kysely|fastify|@temporalio|zod)\b/.test(path))).toEqual([]);
  expect(code).not.toMatch(/["']node:|require\(["'](fs|net|crypto|http)["']\)/);
});

it('the client brings nothing of ours but itself and the contracts it speaks', () => {
  const ours = inputs.filter((path) => !path.includes('node_modules/')).map((path) => path.replace(/^(\.\.\/)+/, ''));
  expect(ours.filter((path) => !/^(client|schema\/(contracts|errors)|assignment)\b/.test(path))).toEqual([]);
});

it('the client is small', () => {
  const kilobytes = Math.round(code.length / 1024);
  console.log(`client bundle: ${kilobytes} kB minified, ${inputs.length} modules`);
  expect(kilobytes).toBeLessThan(100);
});
