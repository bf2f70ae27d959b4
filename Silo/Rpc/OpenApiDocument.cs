using System.Text.Json.Nodes;
using Google.Api;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Frontier.Silo;

/// <summary>
/// The OpenAPI 3.0 document of a port's REST, made from the same descriptors as its routes, so the two cannot disagree. (The framework's own generator
/// does not see routes that come from gRPC.)
/// </summary>
internal static class OpenApiDocument
{
    private const string Schemas = "#/components/schemas/";

    /// <summary>Makes the document.</summary>
    /// <param name="title">What it is about.</param>
    /// <param name="isProtected">Whether requests need a bearer token.</param>
    /// <param name="services">The services of the port.</param>
    public static JsonObject For(string title, bool isProtected, params ServiceDescriptor[] services)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject { ["Status"] = ErrorSchema() };
        foreach (var method in services.SelectMany(service => service.Methods))
        {
            if (method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } rule)
            {
                continue;
            }

            var (verb, path) = rule.PatternCase == HttpRule.PatternOneofCase.Delete ? ("delete", rule.Delete) : ("get", rule.Get);
            var operations = (JsonObject)(paths[path] ??= new JsonObject());
            operations[verb] = Operation(method, path);
            AddSchema(method.OutputType, schemas);
        }

        var components = new JsonObject { ["schemas"] = schemas };
        var document = new JsonObject
        {
            ["openapi"] = "3.0.3",
            ["info"] = new JsonObject { ["title"] = title, ["version"] = StartReport.Version },
            ["paths"] = paths,
            ["components"] = components,
        };
        if (isProtected)
        {
            components["securitySchemes"] = new JsonObject { ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } };
            document["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() });
        }

        return document;
    }

    private static JsonObject Operation(MethodDescriptor method, string path)
    {
        var parameters = new JsonArray();
        foreach (var field in method.InputType.Fields.InFieldNumberOrder())
        {
            var isInPath = path.Contains($"{{{field.Name}}}", StringComparison.Ordinal);
            parameters.Add(new JsonObject
            {
                ["name"] = field.Name,
                ["in"] = isInPath ? "path" : "query",
                ["required"] = isInPath,
                ["schema"] = SchemaOf(field),
            });
        }

        return new JsonObject
        {
            ["operationId"] = method.Name,
            ["tags"] = new JsonArray(method.Service.Name),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject
            {
                ["200"] = Response("The answer.", method.OutputType.Name),
                ["default"] = Response("An error.", "Status"),
            },
        };
    }

    private static JsonObject Response(string description, string schema) => new()
    {
        ["description"] = description,
        ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = Schemas + schema } } },
    };

    private static void AddSchema(MessageDescriptor message, JsonObject schemas)
    {
        if (schemas.ContainsKey(message.Name))
        {
            return;
        }

        var properties = new JsonObject();
        schemas[message.Name] = new JsonObject { ["type"] = "object", ["properties"] = properties };
        foreach (var field in message.Fields.InFieldNumberOrder())
        {
            properties[field.JsonName] = SchemaOf(field);
            if (field.FieldType == FieldType.Message)
            {
                AddSchema(field.MessageType, schemas);
            }
        }
    }

    private static JsonObject SchemaOf(FieldDescriptor field)
    {
        var item = field.FieldType switch
        {
            // Protobuf's JSON writes 64-bit numbers as text, because JavaScript's numbers have 53 bits.
            FieldType.UInt64 => new JsonObject { ["type"] = "string", ["format"] = "uint64" },
            FieldType.Int64 => new JsonObject { ["type"] = "string", ["format"] = "int64" },
            FieldType.UInt32 or FieldType.Int32 => new JsonObject { ["type"] = "integer", ["format"] = field.FieldType == FieldType.UInt32 ? "uint32" : "int32" },
            FieldType.Message => new JsonObject { ["$ref"] = Schemas + field.MessageType.Name },
            _ => new JsonObject { ["type"] = "string" },
        };
        return field.IsRepeated ? new JsonObject { ["type"] = "array", ["items"] = item } : item;
    }

    private static JsonObject ErrorSchema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["code"] = new JsonObject { ["type"] = "integer", ["description"] = "A gRPC status code." },
            ["message"] = new JsonObject { ["type"] = "string" },
            ["details"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" } },
        },
    };
}
