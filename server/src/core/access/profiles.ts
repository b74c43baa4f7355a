import type { Profile } from '@tandem/protocol/http';

export abstract class Profiles {
  abstract read(userId: string): Promise<Profile | undefined>;
  /** Replaces the whole profile; safe to repeat. */
  abstract write(userId: string, profile: Profile): Promise<void>;
}
