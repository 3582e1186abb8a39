export type Attributes = Readonly<Record<string, string | number | boolean>>;

export type Condition = {
  readonly attribute: string;
  readonly operator: 'equals' | 'not_equals' | 'in' | 'not_in' | 'at_least' | 'at_most' | 'exists';
  readonly value?: string | number | boolean | readonly (string | number)[] | undefined;
};

/** True when all conditions hold. An attribute that is absent meets `not_equals` and `not_in` only. */
export function meetsConditions(conditions: readonly Condition[], attributes: Attributes): boolean {
  return conditions.every((condition) => meets(condition, attributes));
}

function meets({ attribute, operator, value }: Condition, attributes: Attributes): boolean {
  const found = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  switch (operator) {
    case 'exists':
      return (found !== undefined) === (value !== false);
    case 'equals':
      return found !== undefined && found === value;
    case 'not_equals':
      return found !== value;
    case 'in':
      return Array.isArray(value) && found !== undefined && value.includes(found as string | number);
    case 'not_in':
      return !(Array.isArray(value) && value.includes(found as string | number));
    case 'at_least':
      return typeof found === 'number' && typeof value === 'number' && found >= value;
    case 'at_most':
      return typeof found === 'number' && typeof value === 'number' && found <= value;
  }
}
