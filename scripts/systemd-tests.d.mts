type Agreement = readonly [agree: number, of: number];
export function agreementIn(output: string): Agreement | undefined;
export function losses(
  before: Readonly<Record<string, Agreement>>,
  now: Readonly<Record<string, Agreement | undefined>>,
): string[];
