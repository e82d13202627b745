export class Random {
  constructor(seed: number);
  fraction(): number;
  int(from: number, to: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  some<T>(list: readonly T[], from: number, to: number): T[];
  many<T>(from: number, to: number, make: () => T): T[];
}
