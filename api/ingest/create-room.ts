/** Room for `places` pieces of work at once; the others wait for their turn, in the order they came. */
export function createRoom(places: number): { use<T>(work: () => Promise<T>): Promise<T> } {
  let free = places;
  const waiting: (() => void)[] = [];
  return {
    async use(work) {
      if (free > 0) free -= 1;
      else await new Promise<void>((enter) => waiting.push(enter));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}
