import { z } from 'zod';

const confidentialName = /auth(?!or(?!i))|cookie|credential|key|\bpass\b|passw|passphrase|secret|token/i;

/** Whether a header of this name carries a credential, so that its value may stand in no spec: `X-Api-Key`. */
export function isConfidentialHeader(name: string): boolean {
  return confidentialName.test(name);
}

/** Sent as they stand. Specs and versions are stored and read by every viewer: credentials are refused. */
export const headersSchema = z.record(z.string().max(200), z.string().max(4000)).superRefine((headers, context) => {
  for (const name of Object.keys(headers)) {
    if (!isConfidentialHeader(name)) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message:
        'would be stored for every viewer to read; name it as `secret` (sent as Authorization: Bearer), or as ' +
        `\`headerSecrets: { ${name}: NAME }\`, NAME being an environment variable where the worker runs`,
    });
  }
});

/** Header -> the name of the secret that is its value, read where the call is made and stored nowhere. */
export const headerSecretsSchema = z.record(z.string().max(200), z.string()).superRefine((secrets, context) => {
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.length <= 200 && /^[A-Za-z_]\w*$/.test(secret)) continue;
    // What was found is not shown: it may be the secret itself.
    context.addIssue({ code: 'custom', path: [name], message: 'expected the name of an environment variable' });
  }
});
