import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '../../config/read-config.ts';
import { findExecutable } from '../../local/find-executable.ts';

const version = '1.35.0';

/**
 * Path of an executable that is Temporal's time-skipping test server: a script around the Java one. Got from Maven
 * Central when it is not in the cache yet (some seconds, once).
 *
 * @throws when it is not there and cannot be got, saying what is needed
 */
export async function timeSkippingServer(): Promise<string> {
  const { cacheDir, searchPath } = readConfig();
  const folder = join(cacheDir, `temporal-test-server-${version}`);
  const script = join(folder, 'temporal-test-server');
  const java = findExecutable('java', searchPath);
  if (!java) throw new Error('tests of long waits need Java (11 or later) in PATH: no java was found');
  if (existsSync(script)) return script;
  const mvn = findExecutable('mvn', searchPath);
  if (!mvn) {
    throw new Error(`tests of long waits need io.temporal:temporal-test-server ${version}: ${folder} does not hold it,
and there is no mvn in PATH to get it with. Install Maven, or run the tests where it is, once.`);
  }
  mkdirSync(cacheDir, { recursive: true });
  const draft = mkdtempSync(join(cacheDir, 'test-server-'));
  try {
    writeFileSync(join(draft, 'pom.xml'), project);
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(draft, 'lib')}`];
    await promisify(execFile)(mvn, ['--batch-mode', '--quiet', ...copy], { cwd: draft, timeout: 300_000 });
    const classes = `"$(dirname "$0")"/lib/'*'`;
    writeFileSync(
      join(draft, 'temporal-test-server'),
      `#!/bin/sh\nexec java -Xmx256m -XX:TieredStopAtLevel=1 -cp ${classes} io.temporal.testserver.TestServer "$@"\n`,
      { mode: 0o755 },
    );
    try {
      renameSync(draft, folder);
    } catch (error) {
      // Another run of the tests was faster.
      if (!existsSync(script)) throw error;
    }
    return script;
  } catch (cause) {
    throw new Error(`io.temporal:temporal-test-server ${version} could not be got from Maven Central: ${cause}`, {
      cause,
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

const project = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId><artifactId>tests</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>io.temporal</groupId><artifactId>temporal-test-server</artifactId><version>${version}</version>
  </dependency></dependencies>
</project>
`;
