/** Throws RangeError unless `confidence` is a level strictly between 0 and 1. */
export function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`confidence must be strictly between 0 and 1, found ${confidence}`);
  }
}

/** Throws RangeError unless `count` is a whole number >= 0. */
export function checkCount(name: string, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(`${name} must be a whole number of at least 0, found ${count}`);
  }
}

/** Throws RangeError unless every value is a finite number and the lengths agree. */
export function checkPaired(name: string, values: ArrayLike<unknown>, otherName: string, others: ArrayLike<unknown>) {
  if (values.length !== others.length) {
    throw new RangeError(`${name} has ${values.length} entries and ${otherName} has ${others.length}: they must pair`);
  }
}

/** Throws RangeError when a value is NaN or infinite: such a value must be counted as missing before it gets here. */
export function checkFinite(name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${name}[${i}] must be a finite number, found ${values[i]}`);
  }
}
