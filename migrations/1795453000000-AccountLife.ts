import { MigrationInterface, QueryRunner } from 'typeorm';

export class AccountLife1795453000000 implements MigrationInterface {
  name = 'AccountLife1795453000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            ALTER TABLE "users" ADD "kind" text NOT NULL DEFAULT 'person'
        `);
    // Until now a guest was who had neither.
    await queryRunner.query(`
            UPDATE "users" SET "kind" = 'guest' WHERE "email" IS NULL AND "password_hash" IS NULL
        `);
    await queryRunner.query(`
            ALTER TABLE "users" ADD "email_verified_at" TIMESTAMP WITH TIME ZONE
        `);
    await queryRunner.query(`
            CREATE TABLE "one_time_tokens" (
                "token_hash" bytea NOT NULL,
                "purpose" text NOT NULL,
                "user_id" uuid,
                "email" text NOT NULL,
                "display_name" text,
                "password_hash" text,
                "expires_at" TIMESTAMP WITH TIME ZONE NOT NULL,
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "one_time_tokens_pkey" PRIMARY KEY ("token_hash")
            )
        `);
    await queryRunner.query(`
            CREATE INDEX "one_time_tokens_user_id_idx" ON "one_time_tokens" ("user_id")
        `);
    // Counted for each mail.
    await queryRunner.query(`
            CREATE INDEX "one_time_tokens_email_idx" ON "one_time_tokens" ("email")
        `);
    await queryRunner.query(`
            ALTER TABLE "one_time_tokens"
            ADD CONSTRAINT "one_time_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    // Names of members stand there: they are taken out when an account is deleted, and most rows are edits without a payload.
    await queryRunner.query(`
            CREATE INDEX "event_outbox_member_idx" ON "event_outbox" ((payload #>> '{member,userId}'))
            WHERE type IN ('member.added', 'member.changed')
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP INDEX "public"."event_outbox_member_idx"
        `);
    await queryRunner.query(`
            DROP TABLE "one_time_tokens"
        `);
    await queryRunner.query(`
            ALTER TABLE "users" DROP COLUMN "email_verified_at"
        `);
    await queryRunner.query(`
            ALTER TABLE "users" DROP COLUMN "kind"
        `);
  }
}
