/**
 * The baseline: a Node process that calls the agent N times with a pool of C connections and scores each answer.
 * Nothing is stored. Prints `{wallMs, cpuSeconds, firstCallMs}` of its own work.
 *
 * node benchmarks/bare-pool.ts URL N C
 */
import { Pool } from 'undici';

const [url = '', trials = '1000', concurrency = '32'] = process.argv.slice(2);
const target = new URL(url);
const pool = new Pool(target.origin, { connections: Number(concurrency), pipelining: 1 });
const started = performance.now();
let next = 0;
let correct = 0;

async function lane(): Promise<void> {
  while (next < Number(trials)) {
    const input = `q${next}`;
    next += 1;
    const { body } = await pool.request({
      path: target.pathname + target.search,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input }),
    });
    const answer = (await body.json()) as { output: string };
    if (answer.output === input) correct += 1;
  }
}
await Promise.all(Array.from({ length: Number(concurrency) }, lane));
const usage = process.cpuUsage();
console.log(
  JSON.stringify({
    wallMs: performance.now() - started,
    cpuSeconds: (usage.user + usage.system) / 1e6,
    correct,
  }),
);
await pool.close();
