import type { AiModel } from '@tandem/protocol/http';

const KINDS = { statistical: 'local statistical model', language: 'language model' } as const;

/** Says what a model is, so that counting words is not taken for understanding them. */
export const modelWords = ({ name, kind }: AiModel): string => `${name}: ${KINDS[kind]}`;

/** What others see of somebody's suggestions. */
export const VISIBILITIES = {
  text: 'The text',
  presence: 'That there is one',
  off: 'Nothing',
} as const;
