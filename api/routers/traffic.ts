import { z } from 'zod';
import { listFreezeWindows } from '../../store/traffic/freeze-windows.ts';
import { emergencyStop } from '../operations/traffic/emergency-stop.ts';
import { endFreeze, freeze } from '../operations/traffic/freeze.ts';
import { procedureFor, router } from '../trpc.ts';

const reason = z.string().trim().min(1, 'a reason is needed: it stands in the audit log').max(2_000);
const time = z.iso.datetime({ offset: true });

export const trafficRouter = router({
  /** No rollout advances in this time; harm still rolls back. */
  freeze: procedureFor('on_call')
    .input(z.object({ from: time.optional(), to: time.optional(), reason }))
    .mutation(freeze),
  endFreeze: procedureFor('on_call')
    .input(z.object({ id: z.string().min(1).max(100), reason }))
    .mutation(endFreeze),
  freezes: procedureFor('viewer').query(({ ctx }) => listFreezeWindows(ctx.db, ctx.principal.projectId)),
  /** Ends every rollout of the project, returns all units to control, freezes. */
  emergencyStop: procedureFor('on_call').input(z.object({ reason })).mutation(emergencyStop),
});
