/** What the front door tells Node for a manager, and for a program that ends at once. */
export const managerOptions: readonly string[];
export const programOptions: readonly string[];
