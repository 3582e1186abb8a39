import { z } from 'zod';
import { nameSchema, roles } from '../../schema/contracts/words.ts';
import { listKeys } from '../../store/keys/list-keys.ts';
import { makeKey } from '../operations/keys/make-key.ts';
import { revokeKey } from '../operations/keys/revoke-key.ts';
import { procedureFor, router } from '../trpc.ts';

export const keysRouter = router({
  /** Who the caller is. */
  whoami: procedureFor('viewer').query(({ ctx }) => ({ actor: ctx.principal.actor, role: ctx.principal.role })),
  list: procedureFor('admin').query(({ ctx }) => listKeys(ctx.db, ctx.principal.projectId)),
  create: procedureFor('admin')
    .input(
      z
        .object({ person: nameSchema.optional(), service: nameSchema.optional(), role: z.enum(roles) })
        .refine((input) => (input.person === undefined) !== (input.service === undefined), {
          message: 'a key belongs to a person or to a service: give exactly one of the two',
        }),
    )
    .mutation(makeKey),
  revoke: procedureFor('admin')
    .input(z.object({ id: z.string().min(1).max(100) }))
    .mutation(revokeKey),
});
