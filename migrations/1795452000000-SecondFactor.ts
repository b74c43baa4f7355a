import { MigrationInterface, QueryRunner } from 'typeorm';

export class SecondFactor1795452000000 implements MigrationInterface {
  name = 'SecondFactor1795452000000';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            CREATE TABLE "totp_factors" (
                "user_id" uuid NOT NULL,
                "secret" bytea NOT NULL,
                "confirmed_at" TIMESTAMP WITH TIME ZONE,
                "last_step" bigint NOT NULL DEFAULT '0',
                "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
                CONSTRAINT "totp_factors_pkey" PRIMARY KEY ("user_id")
            )
        `);
    await queryRunner.query(`
            CREATE TABLE "recovery_codes" (
                "user_id" uuid NOT NULL,
                "code_hash" bytea NOT NULL,
                "used_at" TIMESTAMP WITH TIME ZONE,
                CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("user_id", "code_hash")
            )
        `);
    await queryRunner.query(`
            ALTER TABLE "totp_factors"
            ADD CONSTRAINT "totp_factors_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
    await queryRunner.query(`
            ALTER TABLE "recovery_codes"
            ADD CONSTRAINT "recovery_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION
        `);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
            DROP TABLE "recovery_codes"
        `);
    await queryRunner.query(`
            DROP TABLE "totp_factors"
        `);
  }
}
