/** What programs need to be found, to find their files and to write text. Nothing that may be confidential. */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'LC_CTYPE',
  'TZ',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'VIRTUAL_ENV',
];

/** The environment of an agent's command: a little of the worker's own, and the secrets it names. */
export function commandEnvironment(
  secrets: Record<string, string>,
  env: Record<string, string | undefined> = process.env,
): Record<string, string> {
  const given: Record<string, string> = {};
  for (const name of inherited) {
    const value = env[name];
    if (value !== undefined) given[name] = value;
  }
  // Python keeps back what it prints to a pipe: its agents would hang without a flush after each answer.
  return { PYTHONUNBUFFERED: '1', ...given, ...secrets };
}
