/** --image-policy= of the programs that have it: read, although no image is ever opened. */
import { ImagePolicy, type PolicyFault } from '../values/image-policy.ts';
import { fail, type Take } from './options.ts';

const faults: Readonly<Record<PolicyFault, string>> = {
  ENOTUNIQ: 'Duplicate rule in image policy',
  EBADSLT: 'Unknown partition type in image policy',
  EBADRQC: 'Unknown partition policy flag in image policy',
  EINVAL: 'Failed to parse image policy',
};

export const takeImagePolicy: Take<unknown> = (_options, value) => {
  const policy = ImagePolicy.parse(value);
  if (!(policy instanceof ImagePolicy)) fail(`${faults[policy]}: ${value}`);
};
