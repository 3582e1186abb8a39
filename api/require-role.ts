import type { Role } from '../schema/contracts/words.ts';
import { SluiceError } from '../schema/errors.ts';
import type { Principal } from '../store/keys/find-key.ts';

/** Roles that may do what a role is asked for; admin may do everything. */
const including: Record<Role, readonly Role[]> = {
  viewer: ['viewer', 'engineer', 'annotator', 'approver', 'on_call', 'admin'],
  engineer: ['engineer', 'admin'],
  annotator: ['annotator', 'admin'],
  approver: ['approver', 'admin'],
  on_call: ['on_call', 'admin'],
  ingest: ['ingest', 'engineer', 'admin'],
  admin: ['admin'],
};

/** Who asks, when their key holds `role` or one that includes it. @throws {SluiceError} unauthorized or forbidden */
export function requireRole(principal: Principal | null, role: Role): Principal {
  if (!principal) {
    throw new SluiceError({
      code: 'unauthorized',
      message: 'no valid API key came with the request',
      fix: 'Set SLUICE_API_KEY, or name the stack with --data-dir. A key is made by `sluice key create`.',
    });
  }
  if (!including[role].includes(principal.role)) {
    throw new SluiceError({
      code: 'forbidden',
      message: `this needs the role ${role}; the key of ${principal.actor} has ${principal.role}`,
      fix: 'Ask an admin for a key with that role: `sluice key create --person NAME --role ROLE`.',
    });
  }
  return principal;
}
