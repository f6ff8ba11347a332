"""Pure judgments on strings, and the checks of a contract that are made of them."""

from workbench.checks.union import (
    AnyCheck,
    CompiledRules,
    check_names,
    compile_contract,
    decode_check,
    dump_contract,
    encode_check,
    load_contract,
)

__all__ = [
    "AnyCheck",
    "CompiledRules",
    "check_names",
    "compile_contract",
    "decode_check",
    "dump_contract",
    "encode_check",
    "load_contract",
]
