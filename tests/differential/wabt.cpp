/* See wabt.h. */
#include "tests/differential/wabt.h"

#include <cstring>
#include <memory>
#include <string>

#include "wabt/binary-reader.h"
#include "wabt/error.h"
#include "wabt/feature.h"
#include "wabt/interp/binary-reader-interp.h"
#include "wabt/interp/interp.h"

/* The headers of the tree are C11: two words of it that C++ spells otherwise. */
#define _Noreturn __attribute__((noreturn))
#define _Static_assert static_assert
extern "C" {
#include "tests/differential/case.h"
#include "tests/differential/host.h"
}

namespace
{

using namespace wabt;
using namespace wabt::interp;

struct trap_name {
    const char *start; /* of wabt's message */
    engine_outcome outcome;
};
const trap_name trap_names[] = {
    {"host stop", ENGINE_STOPPED},
    {"unreachable executed", ENGINE_TRAP_UNREACHABLE},
    {"out of bounds memory access", ENGINE_TRAP_MEMORY},
    {"integer divide by zero", ENGINE_TRAP_DIVIDE_BY_ZERO},
    {"integer overflow", ENGINE_TRAP_INTEGER_OVERFLOW},
    {"invalid conversion to integer", ENGINE_TRAP_BAD_CONVERSION},
    {"undefined table index", ENGINE_TRAP_TABLE},
    {"uninitialized table element", ENGINE_TRAP_TABLE},
    {"indirect call signature mismatch", ENGINE_TRAP_SIGNATURE},
    {"call stack exhausted", ENGINE_TRAP_STACK},
};

uint64_t bits_of(char type, const Value &value)
{
    uint64_t bits = 0;

    switch (type) {
    case 'i':
        return value.Get<u32>();
    case 'l':
        return value.Get<u64>();
    case 'f': {
        f32 number = value.Get<f32>();
        std::memcpy(&bits, &number, sizeof number);
        return bits;
    }
    case 'd': {
        f64 number = value.Get<f64>();
        std::memcpy(&bits, &number, sizeof number);
        return bits;
    }
    default:
        return 0;
    }
}

Value value_of(char type, uint64_t bits)
{
    auto low = static_cast<u32>(bits);
    f32 narrow;
    f64 wide;

    switch (type) {
    case 'i':
        return Value::Make(low);
    case 'l':
        return Value::Make(static_cast<u64>(bits));
    case 'f':
        std::memcpy(&narrow, &low, sizeof narrow);
        return Value::Make(narrow);
    default:
        std::memcpy(&wide, &bits, sizeof wide);
        return Value::Make(wide);
    }
}

/* One module in a store of its own. */
class world
{
  public:
    explicit world(diff_case *diff) : diff_(diff), store_(features())
    {
    }

    void run()
    {
        ModuleDesc desc;
        Errors errors;
        ReadBinaryOptions options(store_.features(), nullptr, false, true, true);

        if (Failed(ReadBinaryInterp("case", diff_->wasm.data, diff_->wasm.size, options, &errors,
                                    &desc))) {
            refuse(errors.empty() ? "no reason" : errors[0].message);
            return;
        }
        diff_->wabt.accepted = true;
        if (diff_->plan.foreign == 0)
            return;
        Module::Ptr module = Module::New(store_, desc);
        Trap::Ptr trap;
        instance_ = Instance::Instantiate(store_, module.ref(), imports(*module), &trap);
        if (!instance_) {
            refuse("instantiate: " + trap->message());
            return;
        }
        call_all(*module);
        look(*module);
    }

  private:
    static Features features()
    {
        return Features(); /* wabt's own defaults hold the profile */
    }

    void refuse(const std::string &why)
    {
        std::strncpy(diff_->wabt.why, why.c_str(), sizeof diff_->wabt.why - 1);
    }

    Memory *memory()
    {
        return instance_ && !instance_->memories().empty()
                   ? store_.UnsafeGet<Memory>(instance_->memories()[0]).get()
                   : nullptr;
    }

    Result host(uint32_t order, const Values &params, Values &results, Trap::Ptr *trap)
    {
        const char *letters = host_imports.items[order].params;
        uint64_t args[ENGINE_ARGS_MAX] = {0};
        Memory *there = memory();
        int64_t result = 0;

        for (size_t i = 0; letters[i] != '\0'; i++)
            args[i] = bits_of(letters[i], params[i]);
        if (!host_answer(order, args, there == nullptr ? nullptr : there->UnsafeData(),
                         there == nullptr ? 0 : there->ByteSize(), &result)) {
            *trap = Trap::New(store_, "host stop");
            return Result::Error;
        }
        results[0] = Value::Make(static_cast<u64>(result));
        return Result::Ok;
    }

    RefVec imports(const Module &module)
    {
        RefVec refs;

        for (const ImportDesc &import : module.desc().imports) {
            const auto *type = static_cast<const FuncType *>(import.type.type.get());
            uint32_t order = 0;

            while (order < host_imports.count && import.type.name != host_imports.items[order].name)
                order++;
            INVARIANT(order < host_imports.count); /* tier 0 accepted it */
            refs.push_back(HostFunc::New(store_, *type,
                                         [this, order](Thread &, const Values &params,
                                                       Values &results, Trap::Ptr *trap) {
                                             return host(order, params, results, trap);
                                         })
                               .ref());
        }
        return refs;
    }

    Ref exported(const Module &module, const diff_name &name) const
    {
        const std::vector<ExportDesc> &exports = module.desc().exports;

        for (size_t i = 0; i < exports.size(); i++)
            if (exports[i].type.name == std::string_view(name.text, name.size))
                return instance_->exports()[i];
        INVARIANT(false); /* tier 0 found it */
        return Ref::Null;
    }

    void call_all(const Module &module)
    {
        Thread thread(store_);

        for (uint32_t i = 0; i < diff_->plan.foreign; i++) {
            const diff_call &call = diff_->plan.calls[i];
            Func::Ptr func = store_.UnsafeGet<Func>(exported(module, call.name));
            Values params;
            Values results;
            Trap::Ptr trap;

            for (uint32_t k = 0; k < call.params_count; k++)
                params.push_back(value_of(call.params[k], call.args[k]));
            if (Succeeded(func->Call(store_, params, results, &trap))) {
                diff_->wabt.outcome[i] = ENGINE_DONE;
                if (call.result != 0)
                    diff_->wabt.result[i] =
                        diff_clean(call.result, bits_of(call.result, results[0]));
            } else {
                diff_->wabt.outcome[i] = outcome_of(trap->message());
            }
            diff_->wabt.calls_count = i + 1;
        }
    }

    uint8_t outcome_of(const std::string &message)
    {
        for (const trap_name &name : trap_names)
            if (message.compare(0, std::strlen(name.start), name.start) == 0)
                return static_cast<uint8_t>(name.outcome);
        refuse("unknown trap: " + message);
        return UINT8_MAX;
    }

    void look(const Module &module)
    {
        Memory *there = memory();

        if (there != nullptr) {
            diff_->wabt.pages = static_cast<uint32_t>(there->PageSize());
            diff_->wabt.memory_hash = diff_hash(there->UnsafeData(), there->ByteSize());
        } else {
            diff_->wabt.memory_hash = diff_hash(nullptr, 0);
        }
        for (uint32_t i = 0; i < diff_->plan.globals_count; i++) {
            char type = diff_->plan.global_types[i];
            Global::Ptr global = store_.UnsafeGet<Global>(exported(module, diff_->plan.globals[i]));

            diff_->wabt.globals[i] = diff_clean(type, bits_of(type, global->Get()));
        }
    }

    diff_case *diff_;
    Store store_;
    Instance::Ptr instance_;
};

} // namespace

void wabt_run(struct diff_case *diff)
{
    std::memset(&diff->wabt, 0, sizeof diff->wabt);
    world(diff).run();
}
