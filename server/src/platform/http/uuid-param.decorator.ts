import { Param, type PipeTransform } from '@nestjs/common';
import { id, TandemError } from '@tandem/protocol';

const uuid: PipeTransform<string, string> = {
  transform(value) {
    const parsed = id.safeParse(value);
    // Not `bad_request`: whether an id could exist is told by nothing but its absence.
    if (!parsed.success) throw new TandemError('not_found');
    return parsed.data.toLowerCase();
  },
};

/** An id in the path; a malformed one is as absent as an unknown one (`not_found`). */
export const UuidParam = (name: string): ParameterDecorator => Param(name, uuid);
