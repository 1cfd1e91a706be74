-- +goose Up
-- Only the pieces that a search can ask for, which are two thirds of them: none across two
-- sections of a text, none of less than the four sizes at its end, and a date only as a whole. The
-- index keeps the other pieces of earlier rows, where they do no harm. Earlier programs find all
-- rows, too: they never ask for the other pieces.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_pieces(search_text text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT COST 1000 AS $$
DECLARE
    dated  boolean := "left"("right"(search_text, 3), 1) = '-'; -- Only a date has hyphens, and it is the last section.
    ones   text[] := string_to_array(CASE WHEN dated THEN "left"(search_text, -11) ELSE search_text END, NULL, E'\n'); -- NULL between sections
    twos   text[] := ARRAY(SELECT piece || following FROM unnest(ones, ones[2:]) AS pieces (piece, following));
    threes text[] := ARRAY(SELECT piece || following FROM unnest(twos, ones[3:]) AS pieces (piece, following));
    fives  text[] := ARRAY(SELECT piece || following FROM unnest(threes, twos[4:]) AS pieces (piece, following));
BEGIN
    RETURN array_remove(ones || twos || threes || fives, NULL) || CASE WHEN dated THEN ARRAY["right"(search_text, 10)] END;
END
$$;
-- +goose StatementEnd

INSERT INTO compatible_steps (step) VALUES (21);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 21;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_pieces(search_text text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT COST 1000 AS $$
DECLARE
    ones   text[] := string_to_array(search_text, NULL);
    twos   text[] := ARRAY(SELECT piece || COALESCE(following, '') FROM unnest(ones, ones[2:]) AS pieces (piece, following));
    threes text[] := ARRAY(SELECT piece || COALESCE(following, '') FROM unnest(twos, ones[3:]) AS pieces (piece, following));
    fives  text[] := ARRAY(SELECT piece || COALESCE(following, '') FROM unnest(threes, twos[4:]) AS pieces (piece, following));
BEGIN
    RETURN ones || twos || threes || fives || CASE "left"("right"(search_text, 3), 1) WHEN '-' THEN ARRAY["right"(search_text, 10)] END;
END
$$;
-- +goose StatementEnd
