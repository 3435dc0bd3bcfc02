import type { Attestation, PeopleCriterion } from './schema.ts';

/** What only a person can know of how the roles work together, from the people axis of Microsoft's model. */
const PEOPLE = [
  {
    id: 'people-2',
    level: 2,
    title: 'Data scientists and data engineers turn experiments into repeatable jobs together',
  },
  {
    id: 'people-3',
    level: 3,
    title:
      'Data scientists and data engineers work with software engineers on inputs, outputs and integration',
  },
  {
    id: 'people-4',
    level: 4,
    title: 'All roles work together, and software engineers add metrics after deployment',
  },
] as const;

export const isPeopleCriterion = (id: string): boolean => PEOPLE.some((criterion) => criterion.id === id);

/** The attested level: the highest up to which every statement stands; null while nobody attested anything. */
export function peopleAxis(attestations: readonly Attestation[], now: number) {
  const criteria = PEOPLE.map((criterion): PeopleCriterion => {
    const attestation = attestations.find((each) => each.criterion === criterion.id) ?? null;
    return { ...criterion, attestation, holds: attestation !== null && attestation.expires_at > now };
  });
  const missing = criteria.find((criterion) => !criterion.holds);
  const none = criteria.every((criterion) => criterion.attestation === null);
  return { level: none ? null : missing ? missing.level - 1 : 4, criteria };
}
