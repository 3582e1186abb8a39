/** Seeded source of numbers. Every function of this room that needs chance takes one as an argument. */
export type Generator = {
  /** Uniform in [0, 1) with 53 bits. */
  next(): number;
  /** Uniform whole number in 0..n-1, without modulo bias; `n` from 1 to 2^32. */
  nextInt(n: number): number;
  /** Uniform whole number in 0..2^32-1. */
  nextUint32(): number;
  /** Standard normal deviate (polar method). */
  nextNormal(): number;
};

/**
 * sfc32 (Chris Doty-Humphrey's "small fast chaotic" generator, PractRand), seeded by a text. The same seed gives the same
 * sequence on every machine. Not for secrets.
 */
export function createGenerator(seed: string | number): Generator {
  const text = String(seed);
  let a = hashWord(text, 0x811c9dc5);
  let b = hashWord(text, 0x9e3779b9);
  let c = hashWord(text, 0x85ebca6b);
  let counter = 1;
  let spare = Number.NaN;

  function nextUint32(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
  // The first outputs of near-identical seeds resemble each other until the state is mixed.
  for (let i = 0; i < 15; i++) nextUint32();

  function next(): number {
    return ((nextUint32() >>> 5) * 0x4000000 + (nextUint32() >>> 6)) / 0x20000000000000;
  }

  function nextInt(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1 || n > 0x100000000) throw new RangeError(`nextInt needs 1..2^32, found ${n}`);
    const limit = 0x100000000 - (0x100000000 % n);
    let draw = nextUint32();
    while (draw >= limit) draw = nextUint32();
    return draw % n;
  }

  function nextNormal(): number {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = Number.NaN;
      return kept;
    }
    let u = 0;
    let v = 0;
    let square = 0;
    do {
      u = 2 * next() - 1;
      v = 2 * next() - 1;
      square = u * u + v * v;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    spare = v * scale;
    return u * scale;
  }

  return { next, nextInt, nextUint32, nextNormal };
}

/** FNV-1a over UTF-16 code units from `basis`, finished by the mixer of murmur3. */
function hashWord(text: string, basis: number): number {
  let hash = basis | 0;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
