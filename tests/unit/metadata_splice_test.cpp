// SPDX-License-Identifier: Apache-2.0
#include <zeolite/testing/catch.hpp>

#include "metadata/splice.hpp"
#include "metadata_support.hpp"

using namespace zeolite;
using namespace zeolite::test;

TEST_CASE("one member of a document is replaced, added or removed, and the rest stays as it is", "[metadata]") {
  const std::string a = R"("a" : 123456789012345678901234567890)";
  const std::string b = R"("b":{"a":[1,"}",NaN]})";
  const std::string c = R"("c": "x\"\u0041")";
  const auto document = "{ " + a + ", " + b + "," + c + "}";
  CHECK(with_member(document, "b", "[]") == "{ " + a + ", \"b\":[]," + c + "}");
  CHECK(with_member(document, "a", "0") == "{ \"a\" : 0, " + b + "," + c + "}");
  CHECK(with_member(document, "a", std::nullopt) == "{ " + b + "," + c + "}");
  CHECK(with_member(document, "c", std::nullopt) == "{ " + a + ", " + b + "}");
  CHECK(with_member(document, "d", std::nullopt) == document);
  CHECK(with_member(document, "d", "1") == "{ " + a + ", " + b + "," + c + ",\n  \"d\": 1}");
  CHECK(with_member("{}", "d", "1") == "{\n  \"d\": 1}");
  CHECK(with_member(" {\n} ", "d", "1") == " {\n  \"d\": 1\n} ");
  CHECK(with_member(R"({"a":1})", "a", std::nullopt) == "{}");
  CHECK(with_member(R"({"\u0061":1})", "a", "2") == R"({"\u0061":2})");
  for (const auto* const wrong :
       {"", "[]", "{", R"({"a"})", R"({"a":)", R"({"a":1)", R"({"a":[1)", R"({"a)", "{1:2}", R"({"a":1 "b":2})"}) {
    CAPTURE(wrong);
    CHECK(message_of([&] { (void)with_member(wrong, "z", "1"); }).find("no JSON object") != std::string::npos);
  }
}
