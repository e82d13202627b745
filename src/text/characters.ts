/** Classes of characters: blanks as systemd has them, spaces and digits as C has them. */

/** What systemd calls whitespace. */
export const whitespace = ' \t\n\r';

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** isspace(3): vertical tabs and form feeds, too. */
export function isSpace(code: number): boolean {
  return isBlank(code) || code === 0x0b || code === 0x0c;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The text between `start` and `end` without blanks at either end. */
export function trimBlanks(text: string, start = 0, end = text.length): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}
