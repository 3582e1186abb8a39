#!/usr/bin/env node
// Plain JavaScript, so that any Node can read it: it finds a Node that runs the rest (TypeScript, from 22.18 on).
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 22 || (major === 22 && minor >= 18)) {
  const { enableCompileCache } = await import('node:module');
  enableCompileCache?.();
  // A checkout has the sources. The published package has compiled code instead: Node runs no TypeScript inside
  // node_modules.
  const source = new URL('../cli/main.ts', import.meta.url);
  const { main } = await import(
    existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
  );
  await main(process.argv.slice(2));
} else {
  runWithOwnNode();
}

/** Runs this file again with the Node that npm installed beside it. Signals reach it; its exit code is ours. */
function runWithOwnNode() {
  const node = ownNode();
  if (!node) {
    console.error(`error: Node ${process.versions.node} found, expected 22.18 or later
fix: run \`npm ci\` (it brings a Node of its own), or install Node 24`);
    process.exit(1);
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
}

function ownNode() {
  try {
    const node = join(dirname(createRequire(join(here, 'sluice.js')).resolve('node/package.json')), 'bin', 'node');
    return existsSync(node) ? node : undefined;
  } catch {
    return undefined;
  }
}
